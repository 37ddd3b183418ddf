export { ConfigError, type GatewayConfig, readGatewayConfig } from './config.ts';
export { type GatewayDoor, createGatewayDoor, isLoopback } from './http.ts';
export { type Gateway, type GatewayOptions, openGateway } from './gateway.ts';
