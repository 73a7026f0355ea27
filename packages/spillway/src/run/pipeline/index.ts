/** Commands with kernel pipes between them. */
export type { Command, LiveCommand, StageOptions } from './commands.js';
export { Pipeline, PipelineStage } from './live-pipeline.js';
export { pipeline, startPipeline } from './pipeline.js';
export { PipelineError } from './pipeline-error.js';
export { type LivePipelineResultOf, PipelineResult, type PipelineResultOf } from './pipeline-result.js';
