/** Errors whose message was written for the user; a worker's errors keep their names on their way. */
const forUsers = ['UserError', 'RuntimeError', 'GraphError'];

/** What to tell the user of something that failed. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return forUsers.includes(error.name) ? error.message : `Something unexpected happened: ${error.message}`;
}
