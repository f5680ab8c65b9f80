// fileName returns what of a name may stand in the name of a file.
export function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'certificate';
}
