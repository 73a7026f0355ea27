/**
 * Imports a package that is installed in this folder. It has no types where the folder is not installed.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
export const load = (name) => import(name);
