export { ConfigError, type GatewayConfig, readGatewayConfig } from './config.ts';
export { type Gateway, type GatewayOptions, openGateway } from './gateway.ts';
