// What columns of a file of devices may hold, as the server recognises them: in any case, with "_", "-" or a blank between the words.

export const fields = [
  'name',
  'profile',
  'label',
  'description',
  'tags',
  'gateway',
  'token',
  'mqtt_client_id',
  'mqtt_username',
  'mqtt_password',
  'certificate',
  'public_key',
  'credentials',
  'state',
  'provision_state',
  'created_at',
  'provisioned_at',
  'server',
  'shared',
  'client',
  'telemetry',
] as const;
export type Field = (typeof fields)[number] | 'ignored';

const others: Record<string, Field> = {
  type: 'profile',
  isgateway: 'gateway',
  accesstoken: 'token',
  x509: 'certificate',
  serverattribute: 'ignored',
  sharedattribute: 'ignored',
  timeseries: 'ignored',
};
const ignored = ['ignored', 'id', 'errorline', 'errorreason', 'errorcolumn', 'errormessage', 'routingkey', 'secret', 'snmphost', 'snmpport', 'snmpversion', 'snmpcommunitystring'];
const keyed: Record<string, Field> = { server: 'server', serverattribute: 'server', shared: 'shared', sharedattribute: 'shared', client: 'client', telemetry: 'telemetry', timeseries: 'telemetry' };

const plain = (name: string) => name.trim().toLowerCase().replace(/[_\- ]/g, '');

// recognised returns what a column of that name is, as the server would take it: '' is nothing that it knows.
export function recognised(name: string): string {
  const dot = name.indexOf('.');
  if (dot >= 0) {
    const field = keyed[plain(name.slice(0, dot))];
    const key = name.slice(dot + 1);
    return field && key !== '' ? `${field}.${key}` : '';
  }
  const wanted = plain(name);
  if (ignored.includes(wanted) || wanted.startsWith('lwm2m')) {
    return 'ignored';
  }
  return fields.find((f) => plain(f) === wanted) ?? others[wanted] ?? '';
}

// A Mapping is what each column is, by its place.
export type Mapping = string[];

// mappingOf returns what the columns of a header are, as far as they are recognised.
export function mappingOf(header: string[], headless: boolean): Mapping {
  return header.map((name) => (headless ? 'ignored' : recognised(name)));
}

// wrongWith returns why a mapping cannot be used: a column that is nothing, two that are the same, or none that is the name.
export function wrongWith(mapping: Mapping): { what: 'unknown' | 'twice' | 'nameless'; at: number } | undefined {
  const unknown = mapping.indexOf('');
  if (unknown >= 0) {
    return { what: 'unknown', at: unknown };
  }
  const twice = mapping.findIndex((f, i) => f !== 'ignored' && mapping.indexOf(f) !== i);
  if (twice >= 0) {
    return { what: 'twice', at: twice };
  }
  return mapping.includes('name') ? undefined : { what: 'nameless', at: 0 };
}

// said returns what the server has to be told of a mapping: what it would not find out by itself.
export function said(header: string[], mapping: Mapping, headless: boolean): string[] {
  return mapping.flatMap((field, i) => (headless ? (field === 'ignored' ? [] : [`${i + 1}=${field}`]) : field === recognised(header[i] ?? '') ? [] : [`${i + 1}=${field}`]));
}
