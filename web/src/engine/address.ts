let page = '';

/** Tells the engine where the app's files are: a worker only knows where it itself was loaded from. */
export function setPageAddress(address: string): void {
  page = address;
}

/** The address of one of the app's files. */
export function addressOf(file: string): string {
  return new URL(file, page).href;
}
