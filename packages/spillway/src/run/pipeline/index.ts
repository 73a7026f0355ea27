/** Commands with kernel pipes between them. */
export { Pipeline, PipelineStage } from './live-pipeline.js';
export { pipeline, startPipeline } from './pipeline.js';
export type { Command, LiveCommand, StageOptions } from './pipeline-commands.js';
export { PipelineError } from './pipeline-error.js';
export { type LivePipelineResultOf, PipelineResult, type PipelineResultOf } from './pipeline-result.js';
