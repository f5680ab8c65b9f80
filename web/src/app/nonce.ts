declare global {
  // Where the library that locks scrolling behind a dialog looks for it.
  var __webpack_nonce__: string | undefined;
}

const given = document.querySelector<HTMLMetaElement>('meta[name="nonce"]')?.content ?? '';
globalThis.__webpack_nonce__ = given;

// nonce is what style elements bear to count under the policy of the page.
export function nonce(): string {
  return given;
}
