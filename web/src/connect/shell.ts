import { bracketed } from './addresses';
import { command, type Shell, type Word } from './quote';
import { files, provisionRequest, reading, shellOf, topic, type Proof, type Way } from './ways';

// mosquitto writes the commands of Mosquitto's clients.
export function mosquitto(way: Way): string {
  const { at, device, proof } = way;
  const shell = shellOf(way.system);
  const server = ['-h', at.host, '-p', String(at.port), ...(at.tls ? ['--cafile', files.ca] : [])];
  const report = (...who: Word[]) => command(shell, [['mosquitto_pub', ...server], who, ['-q', '1', '-t', topic, '-m', reading]]);
  switch (proof.kind) {
    case 'ACCESS_TOKEN':
      return report('-i', device, '-u', proof.token);
    case 'MQTT_BASIC':
      return report(...some('-i', proof.clientId), ...some('-u', proof.username), ...some('-P', proof.password));
    case 'X509_CERTIFICATE':
      return report('-i', device, '--cert', files.certificate, '--key', files.key);
    case 'PUBLIC_KEY':
      return `jwt=$(${command(shell, [['python3', '-c', signing], [device, proof.audience]])})\n${report('-i', device, '-u', device, '-P', { raw: '"$jwt"' })}`;
    case 'JOIN': {
      const ask = command(shell, [
        ['mosquitto_rr', ...server],
        ['-i', device, '-u', 'provision', '-t', '/provision/request', '-e', '/provision/response'],
        ['-m', JSON.stringify(provisionRequest(device, proof))],
      ]);
      return inTurn(shell, ask, report('-i', device, '-u', proof.token));
    }
  }
}

// curl writes the commands of curl.
export function curl(way: Way): string {
  const { at, device, proof } = way;
  const shell = shellOf(way.system);
  const url = `${at.tls ? 'https' : 'http'}://${bracketed(at.host)}:${at.port}/api/v1`;
  const server = ['curl', '-sS', '--fail', ...(at.tls ? ['--cacert', files.ca] : [])];
  const post = (address: string, body: string, ...who: string[]) => command(shell, [[...server, ...who], [address], ['-H', 'Content-Type: application/json', '-d', body]]);
  switch (proof.kind) {
    case 'X509_CERTIFICATE':
      return post(`${url}/telemetry`, reading, '--cert', files.certificate, '--key', files.key);
    case 'JOIN':
      return inTurn(shell, post(`${url}/provision`, JSON.stringify(provisionRequest(device, proof))), post(telemetryOf(url, proof), reading));
    default:
      return post(telemetryOf(url, proof), reading);
  }
}

// coap writes the commands of libcoap's client, which Debian calls by what it was built with.
export function coap(way: Way): string {
  const { at, device, proof } = way;
  const shell = shellOf(way.system);
  const url = `${at.tls ? 'coaps' : 'coap'}://${bracketed(at.host)}:${at.port}/api/v1`;
  const client = way.system === 'macos' ? 'coap-client' : at.tls ? 'coap-client-openssl' : 'coap-client-notls';
  const server = [client, '-m', 'post', ...(at.tls ? ['-R', files.ca] : [])];
  const post = (address: string, body: string, ...who: string[]) => command(shell, [[...server, ...who], [address], ['-e', body]]);
  switch (proof.kind) {
    case 'X509_CERTIFICATE':
      return post(`${url}/telemetry`, reading, '-c', files.certificate, '-j', files.key);
    case 'JOIN':
      return inTurn(shell, post(`${url}/provision`, JSON.stringify(provisionRequest(device, proof)).replaceAll('%', '%25')), post(telemetryOf(url, proof), reading));
    default:
      return post(telemetryOf(url, proof), reading);
  }
}

// saveCA writes a command that saves the certificates of the server's authority where the others expect them.
export function saveCA(ca: string): string {
  return `cat > ${files.ca} <<'END'\n${ca.trim()}\nEND`;
}

// makeKey writes commands that make a key pair, with a certificate that the device has signed itself or with the public key alone.
export function makeKey(shell: Shell, kind: 'X509_CERTIFICATE' | 'PUBLIC_KEY', device: string): string {
  const curve = ['-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  if (kind === 'X509_CERTIFICATE') {
    const name = `/CN=${device.replace(/[\\/+=]/g, '\\$&')}`;
    return command(shell, [
      ['openssl', 'req', '-x509', '-newkey', 'ec', ...curve],
      ['-nodes', '-days', '365', '-subj', name],
      ['-keyout', files.key, '-out', files.certificate],
    ]);
  }
  return [
    command(shell, [['openssl', 'genpkey', '-algorithm', 'EC', ...curve, '-out', files.key]]),
    command(shell, [['openssl', 'pkey', '-in', files.key, '-pubout', '-out', 'device.pub']]),
  ].join('\n');
}

// signing is a program that prints a JWT; the device's name and whom it is for follow it.
const signing = `
import sys, time, jwt
now, key = int(time.time()), open("${files.key}").read()
claims = {"sub": sys.argv[1], "aud": sys.argv[2], "iat": now, "exp": now + 3600}
print(jwt.encode(claims, key, "ES256"))
`.trimStart();

function telemetryOf(url: string, proof: Proof): string {
  return `${url}/${encodeURIComponent('token' in proof ? proof.token : '')}/telemetry`;
}

function some(flag: string, value: string): string[] {
  return value ? [flag, value] : [];
}

// inTurn runs one command and, where it went well, the next.
function inTurn(shell: Shell, first: string, then: string): string {
  return shell === 'sh' ? `${first} &&\n${then}` : `${first} && ^\n${then}`;
}
