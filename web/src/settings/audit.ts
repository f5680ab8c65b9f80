import type { Schemas } from '../api/client';
import { dictionary, useWords } from '../words/words';

type Entry = Schemas['AuditEntry'];
type Terms<K extends string> = Record<K, string>;

// things are what the audit log tells of.
export const things = dictionary<Terms<Entry['noun']>>(
  {
    attributes: 'Attributes',
    authority: 'Authority',
    campaign: 'Campaign',
    certificate: 'Certificate',
    credential: 'Credential',
    device: 'Device',
    import: 'Import',
    login: 'Sign-in session',
    pending: 'Request to get in',
    profile: 'Profile',
    'provision-key': 'Provision key',
    readings: 'Readings',
    'revocation-list': 'Revocation list',
    server: 'Server',
    token: 'API token',
    user: 'User',
  },
  {
    attributes: 'Attribute',
    authority: 'Zertifizierungsstelle',
    campaign: 'Kampagne',
    certificate: 'Zertifikat',
    credential: 'Zugangsdaten',
    device: 'Gerät',
    import: 'Import',
    login: 'Anmeldung',
    pending: 'Anfrage um Zulassung',
    profile: 'Profil',
    'provision-key': 'Schlüssel',
    readings: 'Messwerte',
    'revocation-list': 'Sperrliste',
    server: 'Server',
    token: 'API-Token',
    user: 'Benutzer',
  },
);

// deeds are what was done with them.
export const deeds = dictionary<Terms<Entry['action']>>(
  {
    create: 'added',
    update: 'changed',
    delete: 'deleted',
    remove: 'removed',
    revoke: 'revoked',
    rotate: 'rotated',
    retire: 'retired',
    issue: 'issued',
    approve: 'approved',
    reject: 'rejected',
    sweep: 'swept',
    import: 'imported',
    export: 'exported with secrets',
    reload: 'settings read again',
    trace: 'trace begun',
    'trace-end': 'trace ended',
  },
  {
    create: 'hinzugefügt',
    update: 'geändert',
    delete: 'gelöscht',
    remove: 'entfernt',
    revoke: 'widerrufen',
    rotate: 'gewechselt',
    retire: 'läuft aus',
    issue: 'ausgestellt',
    approve: 'genehmigt',
    reject: 'abgelehnt',
    sweep: 'Geräte zurückgenommen',
    import: 'importiert',
    export: 'mit Geheimnissen exportiert',
    reload: 'Einstellungen neu gelesen',
    trace: 'Mitschrift begonnen',
    'trace-end': 'Mitschrift beendet',
  },
);

export const nouns = [
  'device',
  'credential',
  'attributes',
  'readings',
  'profile',
  'provision-key',
  'pending',
  'import',
  'campaign',
  'certificate',
  'revocation-list',
  'authority',
  'user',
  'login',
  'token',
  'server',
] as const satisfies readonly Entry['noun'][];

// useDeed returns what says what was done, to what kind of thing.
export function useDeed(): (e: Entry) => string {
  const thing = useWords(things);
  const did = useWords(deeds);
  return (e) => `${thing[e.noun]}: ${did[e.action]}`;
}
