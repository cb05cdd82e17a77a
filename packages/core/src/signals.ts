/** A signal that aborts when one of the given ones does. */
export function either(signal: AbortSignal, other: AbortSignal | null | undefined): AbortSignal {
  return other ? AbortSignal.any([signal, other]) : signal
}
