// The longest text of a list that the server takes.
export const mostBytes = 44_739_242;

// fileText returns what is in a file as the server takes it: PEM as it is, everything else as base64.
export async function fileText(file: Blob): Promise<string> {
  if ((await file.slice(0, 1024).text()).includes('-----BEGIN')) {
    return file.text();
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const piece = 3 * 8192; // of whole triplets, so that the texts can be joined
  let text = '';
  for (let at = 0; at < bytes.length; at += piece) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + piece)));
  }
  return text;
}
