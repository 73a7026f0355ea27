/**
 * A caller's object without what it inherits. A library of the same program may have added a property to
 * Object.prototype, and `options.timeout` would then be that one.
 */

/** A copy of the enumerable own properties, which inherits nothing. Getters are called once. */
export function ownProperties<T extends object>(value: T | undefined): T {
  return Object.assign(Object.create(null), value);
}
