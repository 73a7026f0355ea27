/** Programs that an experiment needs. */
import { lookUpProgram } from '../../process/index.js';
import { CannotRun } from '../notes.js';

export function has(program: string): boolean {
  return lookUpProgram(program, process.env.PATH, undefined).found !== undefined;
}

/** Throws CannotRun for the first that is not installed. */
export function need(...programs: readonly string[]): void {
  const missing = programs.find((one) => !has(one));
  if (missing !== undefined) throw new CannotRun(`${missing} is not installed`);
}
