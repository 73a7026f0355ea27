/** Stands for a value in the text of a line or script, which cannot hold this character otherwise. */
export const VALUE = '\0';
