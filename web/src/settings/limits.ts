import { dictionary } from '../words/words';

// What each limit bounds, by its key.
export const limits = dictionary(
  {
    'limits.provisionPerKey': 'New devices a second that one provision key lets in; 0: no limit',
    'limits.provisionBurst': 'How many new devices may come to one key at once',
    'limits.provisionFailures': 'Refused provision requests a minute from one address, before it waits for a minute',
    'limits.authFailures': 'Refused connections and requests a minute from one address, before it waits for a minute',
    'limits.maxPacket': 'Bytes of an MQTT packet',
    'limits.maxBody': 'Bytes of an HTTP body',
    'limits.queueBytes': 'Bytes of readings that may wait for the disk',
    'limits.journalEntries': 'Attempts of devices that the journal keeps, and as many of strangers',
    'limits.journalDays': 'Days for which the journal keeps them',
    openFiles: 'Files and connections that the system lets the server have open',
    mqttConnections: 'MQTT connections that there is room for',
    httpConnections: 'HTTP connections that there is room for',
  },
  {
    'limits.provisionPerKey': 'Neue Geräte je Sekunde, die ein Schlüssel zulässt; 0: beliebig viele',
    'limits.provisionBurst': 'Wie viele neue Geräte auf einmal zu einem Schlüssel kommen dürfen',
    'limits.provisionFailures': 'Abgewiesene Anmeldungen je Minute von einer Adresse, bevor sie eine Minute warten muss',
    'limits.authFailures': 'Abgewiesene Verbindungen und Anfragen je Minute von einer Adresse, bevor sie eine Minute warten muss',
    'limits.maxPacket': 'Bytes eines MQTT-Pakets',
    'limits.maxBody': 'Bytes einer HTTP-Anfrage',
    'limits.queueBytes': 'Bytes an Messwerten, die auf die Platte warten dürfen',
    'limits.journalEntries': 'Versuche von Geräten, die das Journal behält, und ebenso viele von Fremden',
    'limits.journalDays': 'Tage, die das Journal sie behält',
    openFiles: 'Dateien und Verbindungen, die das System dem Server zugesteht',
    mqttConnections: 'MQTT-Verbindungen, für die Platz ist',
    httpConnections: 'HTTP-Verbindungen, für die Platz ist',
  },
);
