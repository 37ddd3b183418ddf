/** Figures for Prometheus. */
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export type Metrics = {
  readonly observe: (route: string, status: number, ms: number) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'countersign_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'countersign_http_request_seconds',
    help: 'Time from request to answer; long polls and streams wait on purpose',
    labelNames: ['route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
    registers: [registry],
  });
  return {
    observe: (route, status, ms) => {
      requests.inc({ route, status: String(status) });
      seconds.observe({ route }, ms / 1000);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
