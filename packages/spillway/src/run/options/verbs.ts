/** The functions that take options. What one of them cannot do, its error says, and names the other. */
export type Verb = 'run' | 'start' | 'runSync' | 'pipeline' | 'startPipeline';

/** Whether its output can be read while the command runs. */
export function isReadLive(verb: Verb): boolean {
  return verb === 'start' || verb === 'startPipeline';
}
