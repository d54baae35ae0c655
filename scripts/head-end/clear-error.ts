/** A fault that a person can act on: its message is the whole answer, and no stack is shown. */
export class ClearError extends Error {
  override readonly name = 'ClearError'
}

export const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
