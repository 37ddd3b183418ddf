export { type AgUiOptions, type Interrupt, type ResumeEntry, type Turn, gateTurn } from './turn.ts';
export type { Clearance, GatingOptions, ToolCall } from '../clear.ts';
