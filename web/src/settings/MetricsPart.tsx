import { CopyButton } from '../parts/CopyButton';
import { Panel } from '../parts/Page';
import { useWords } from '../words/words';
import styles from './Settings.module.css';
import { words } from './words';

// MetricsPart says where Prometheus finds the figures, and what has it look there.
export function MetricsPart() {
  const w = useWords(words);
  const { origin, protocol, host } = window.location;
  const address = `${origin}/metrics`;
  const job = [
    'scrape_configs:',
    '  - job_name: muster',
    `    scheme: ${protocol.replace(':', '')}`,
    ...(protocol === 'https:' ? ['    tls_config:', '      ca_file: /etc/prometheus/muster-root.pem'] : []),
    '    static_configs:',
    `      - targets: ['${host}']`,
  ].join('\n');
  return (
    <>
      <p className={styles.note}>{w.metricsText}</p>
      <Panel title={w.metricsAddress}>
        <span className={styles.inline}>
          <a href="/metrics" target="_blank" rel="noreferrer">
            <code>{address}</code>
          </a>
          <CopyButton text={address} what={w.metricsAddress} />
        </span>
      </Panel>
      <Panel title={w.prometheus}>
        <div className={styles.stack}>
          <div className={styles.framed}>
            <pre className={styles.code} tabIndex={0} aria-label={w.prometheus}>
              {job}
            </pre>
            <span className={styles.copy}>
              <CopyButton text={`${job}\n`} what={w.prometheus} />
            </span>
          </div>
          <p className={styles.note}>{w.dashboards}</p>
        </div>
      </Panel>
    </>
  );
}
