/**
 * `$0` of the guard, the shell that ends guarded children when their program dies. The doctor leaves a
 * process of this name out of its report.
 */
export const GUARD_NAME = 'spillway-guard';
