import { bracketed } from './addresses';
import { files, provisionRequest, reading, topic, type Way } from './ways';

// text is a text of Python: JSON's are.
const text = (value: string) => JSON.stringify(value);

// paho writes a program that reports over MQTT. It runs with both generations of the library.
export function paho(way: Way): string {
  const { at, device, proof } = way;
  const x509 = proof.kind === 'X509_CERTIFICATE';
  const tls = at.tls && `{"ca_certs": ${text(files.ca)}${x509 ? `, "certfile": ${text(files.certificate)}, "keyfile": ${text(files.key)}` : ''}}`;
  const server = [`hostname=${text(at.host)}`, `port=${at.port}`, ...(tls ? [`tls=${tls}`] : [])];
  const report = (id: string, auth: string) =>
    call('publish.single', [text(topic), text(reading), 'qos=1', ...server, ...(id ? [`client_id=${text(id)}`] : []), ...(auth ? [`auth=${auth}`] : [])]);
  const begin = 'import paho.mqtt.publish as publish\n';
  switch (proof.kind) {
    case 'ACCESS_TOKEN':
      return `${begin}\n${report(device, `{"username": ${text(proof.token)}}`)}`;
    case 'MQTT_BASIC':
      return `${begin}\n${report(proof.clientId, proof.username ? `{"username": ${text(proof.username)}${proof.password ? `, "password": ${text(proof.password)}` : ''}}` : '')}`;
    case 'X509_CERTIFICATE':
      return `${begin}\n${report(device, '')}`;
    case 'PUBLIC_KEY':
      return [
        'import time',
        'import jwt',
        begin,
        'now = int(time.time())',
        call('claims = dict', [`sub=${text(device)}`, `aud=${text(proof.audience)}`, 'iat=now', 'exp=now + 3600']),
        `token = jwt.encode(claims, open(${text(files.key)}).read(), "ES256")  # RS256 with a key of RSA, EdDSA with one of Ed25519`,
        report(device, `{"username": ${text(device)}, "password": token}`),
      ].join('\n');
    case 'JOIN':
      return `${asking(at.tls, at.host, at.port, device, JSON.stringify(provisionRequest(device, proof)))}\n${begin}\n${report(device, `{"username": ${text(proof.token)}}`)}`;
  }
}

// asking is the part of a program in which a new device asks to be let in, and waits for the answer.
function asking(tls: boolean, host: string, port: number, device: string, request: string): string {
  return `import queue
import paho.mqtt.client as mqtt

answers = queue.Queue()
client = mqtt.Client(**({"callback_api_version": mqtt.CallbackAPIVersion.VERSION2} if hasattr(mqtt, "CallbackAPIVersion") else {}), client_id=${text(device)})
client.username_pw_set("provision")
client.on_message = lambda client, data, message: answers.put(message.payload.decode())
${tls ? `client.tls_set(${text(files.ca)})\n` : ''}client.connect(${text(host)}, ${port})
client.loop_start()
client.publish("/provision/request", ${text(request)}, qos=1)
print(answers.get(timeout=10))
client.disconnect()
`;
}

// requests writes a program that reports over HTTP.
export function requests(way: Way): string {
  const { at, device, proof } = way;
  const url = `${at.tls ? 'https' : 'http'}://${bracketed(at.host)}:${at.port}/api/v1`;
  const trust = [...(at.tls ? [`verify=${text(files.ca)}`] : []), ...(proof.kind === 'X509_CERTIFICATE' ? [`cert=(${text(files.certificate)}, ${text(files.key)})`] : []), 'timeout=10'];
  const post = (path: string, body: string) => call('answer = requests.post', [text(url + path), `json=${body}`, ...trust]);
  const end = 'answer.raise_for_status()';
  const report = (path: string) => `${post(path, reading)}\n${end}`;
  if (proof.kind === 'JOIN') {
    return `import requests\n\n${post('/provision', JSON.stringify(provisionRequest(device, proof)))}\nprint(answer.json())\n\n${report(`/${encodeURIComponent(proof.token)}/telemetry`)}`;
  }
  return `import requests\n\n${report(proof.kind === 'ACCESS_TOKEN' ? `/${encodeURIComponent(proof.token)}/telemetry` : '/telemetry')}`;
}

// call writes a call with an argument a line.
function call(what: string, args: string[]): string {
  return `${what}(\n${args.map((a) => `    ${a},\n`).join('')})`;
}
