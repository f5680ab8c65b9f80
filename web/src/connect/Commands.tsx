import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Code } from '../parts/Code';
import { Rows } from '../parts/Loading';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { addressesOf, bracketed, isFor, isNear, type Address, type Addresses } from './addresses';
import { Authority } from './Authority';
import styles from './Commands.module.css';
import { bundleQuery, listenersQuery, serverCertificatesQuery } from './queries';
import { snippet } from './snippet';
import { obstacle, protocols, systemOf, systems, tools, type Proof, type System, type Tool } from './ways';
import { words } from './words';

// How is what one has chosen to see: a tool, where it runs, and whether over TLS.
export interface How {
  tool?: string;
  os?: string;
  over?: string;
}

interface Props {
  device: string;
  proof: Proof;
  how: How;
  change: (how: How) => void;
}

// Commands are what makes the device report, ready to be pasted: with this server's addresses, and what the device proves itself with.
export function Commands({ device, proof, how, change }: Props) {
  const w = useWords(words);
  const listeners = useQuery(listenersQuery);
  const certificates = useQuery(serverCertificatesQuery);
  const bundle = useQuery(bundleQuery);
  const error = listeners.error ?? certificates.error ?? bundle.error;
  const server = certificates.data?.items.find((c) => c.use === 'server');
  if (error) {
    return <Refused error={error} />;
  }
  if (!listeners.data || !certificates.data || !bundle.data) {
    return (
      <Panel title={w.commands}>
        <Rows />
      </Panel>
    );
  }
  const tool = tools.find((t) => t === how.tool) ?? 'mosquitto';
  const system = systems.find((s) => s === how.os) ?? systemOf(navigator.userAgent);
  const { plain, secure } = both(addressesOf(listeners.data.items, window.location.hostname), tool);
  const at = chosen(plain, secure, proof, how.over);
  const why = obstacle(tool, system, proof.kind, at?.tls ?? false) ?? (at ? undefined : 'off');
  return (
    <Panel title={w.commands}>
      <div className={styles.commands}>
        <div className={styles.choices}>
          <NativeSelect label={w.tool} value={tool} onChange={(e) => change({ ...how, tool: e.currentTarget.value })} data={tools.map((t) => ({ value: t, label: w[`tool${t}`] }))} />
          <Choice label={w.system} value={system} all={systems.map((s) => [s, w[s]])} choose={(os) => change({ ...how, os })} />
          <Choice
            label={w.over}
            value={at?.tls ? 'tls' : 'plain'}
            all={[
              ['plain', w.plain],
              ['tls', w.tls],
            ]}
            choose={(over) => change({ ...how, over })}
          />
        </div>
        {why || !at ? (
          <p className={styles.note}>{w[why ?? 'off']}</p>
        ) : (
          <>
            <p className={styles.hint}>{hintOf(w, tool, system)}</p>
            <Reach at={at} names={server?.names ?? []} />
            {at.tls && tool !== 'arduino' && tool !== 'espidf' && <Authority pem={bundle.data.pem} system={system} own={server?.file ? server.issuer : undefined} />}
            <Code label={w.command} text={snippet(tool, { system, at, device, proof, ca: bundle.data.pem })} />
          </>
        )}
      </div>
    </Panel>
  );
}

function both(all: Addresses, tool: Tool): { plain: Address | undefined; secure: Address | undefined } {
  const p = protocols[tool];
  return { plain: all[p], secure: all[`${p}s`] };
}

// chosen is TLS where nothing else leads to the server from elsewhere, or will do.
function chosen(plain: Address | undefined, secure: Address | undefined, proof: Proof, over: string | undefined): Address | undefined {
  if (over === 'plain') {
    return plain;
  }
  if (over === 'tls') {
    return secure;
  }
  const far = plain?.near && !isNear(window.location.hostname);
  return proof.kind === 'X509_CERTIFICATE' || far ? (secure ?? plain) : (plain ?? secure);
}

function hintOf(w: typeof words.en, tool: Tool, system: System): string {
  if (tool === 'mosquitto' || tool === 'coap') {
    return w[`need${tool}${system}`];
  }
  return tool === 'curl' ? w[`needcurl${system === 'windows' ? 'windows' : 'linux'}`] : w[`need${tool}`];
}

// Reach says where the commands will not work.
function Reach({ at, names }: { at: Address; names: string[] }) {
  const w = useWords(words);
  return (
    <>
      {at.near && <p className={isNear(window.location.hostname) ? styles.hint : styles.note}>{w[at.tls ? 'nearTLS' : 'near'](`${bracketed(at.host)}:${at.port}`)}</p>}
      {at.tls && !isFor(names, at.host) && <p className={styles.note}>{w.otherName(at.host, names.join(', '))}</p>}
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  all: [value: string, label: string][];
  choose: (value: string) => void;
}

// Choice is one of a few, all of which are seen.
export function Choice({ label, value, all, choose }: ChoiceProps) {
  return (
    <div role="radiogroup" aria-label={label} className={styles.choice}>
      <span aria-hidden="true">{label}</span>
      <div>
        {all.map(([v, text]) => (
          <label key={v}>
            <input type="radio" name={label} value={v} checked={v === value} onChange={() => choose(v)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
