/** Production builds contain no descriptions. */
export const describeMissingClient: ((caller: string) => string) | null = null
