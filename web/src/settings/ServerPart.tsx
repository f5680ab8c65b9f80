import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../api/client';
import { Ago } from '../parts/Ago';
import { CopyButton } from '../parts/CopyButton';
import { Facts } from '../parts/Facts';
import { Rows } from '../parts/Loading';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useLanguage, useWords } from '../words/words';
import { Findings } from './Findings';
import { healthQuery, listenersQuery, serverQuery } from './queries';
import { ServerCertificates } from './ServerCertificates';
import styles from './Settings.module.css';
import { words } from './words';

const protocols: Record<Schemas['Listener']['name'], string> = { http: 'HTTP', https: 'HTTPS', mqtt: 'MQTT', mqtts: 'MQTTS', coap: 'CoAP', coaps: 'CoAPS' };

// ServerPart is how the server is: what it finds when it looks at itself, what it shows, and where it listens.
export function ServerPart() {
  const w = useWords(words);
  const language = useLanguage();
  const server = useQuery(serverQuery);
  const health = useQuery(healthQuery);
  return (
    <>
      <Refused error={server.error ?? health.error} again={() => void Promise.all([server.refetch(), health.refetch()])} />
      <Panel title={w.server}>
        {server.data ? (
          <Facts
            all={[
              [w.version, <code key="version">{server.data.version}</code>],
              [w.running, <Ago key="running" at={server.data.startedAt} />],
              [w.connected, server.data.sessions.toLocaleString(language)],
              [w.builtWith, server.data.go],
            ]}
          />
        ) : (
          <Rows count={1} />
        )}
      </Panel>
      <Panel title={w.health} flush act={health.data && <Tag tone={health.data.ok ? 'good' : 'bad'}>{health.data.ok ? w.healthy : w.unhealthy}</Tag>}>
        {health.data ? <Findings all={health.data.findings} /> : <Rows />}
      </Panel>
      <ServerCertificates />
      <Listeners />
    </>
  );
}

function Listeners() {
  const w = useWords(words);
  const { data, error, refetch } = useQuery(listenersQuery);
  return (
    <Panel title={w.listeners} flush>
      <Refused error={error} again={() => void refetch()} />
      <Table
        label={w.listeners}
        rows={data?.items}
        id={(l) => l.name + l.address}
        columns={[
          { key: 'name', label: w.protocol, cell: (l) => protocols[l.name] },
          {
            key: 'address',
            label: w.address,
            cell: (l) => (
              <span className={styles.inline}>
                <code>{l.address}</code>
                <CopyButton text={l.address} what={l.address} />
              </span>
            ),
          },
          { key: 'tls', label: w.secured, cell: (l) => <Tag tone={l.tls ? 'good' : 'quiet'}>{l.tls ? (l.name === 'coaps' ? 'DTLS' : 'TLS') : w.plain}</Tag> },
        ]}
      />
    </Panel>
  );
}
