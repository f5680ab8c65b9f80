import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { renewServer, settingsQuery } from './queries';
import styles from './Settings.module.css';
import { words } from './words';

// ConfigurationPart are the settings that hold and where each comes from, and how the server reads them again.
export function ConfigurationPart() {
  const w = useWords(words);
  const { data, error, refetch } = useQuery(settingsQuery);
  const reload = useMutation({ mutationFn: () => answer(api.POST('/v1/server/reload')), onSuccess: renewServer });
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  return (
    <>
      <p className={styles.note}>{w.configurationText}</p>
      <Refused error={reload.error} />
      {reload.data && <Outcome of={reload.data} />}
      <Panel
        title={w.configuration}
        flush
        act={
          <Button size="compact-sm" variant="default" loading={reload.isPending} onClick={() => reload.mutate()}>
            {w.reload}
          </Button>
        }
      >
        <Table
          label={w.configuration}
          rows={data?.items}
          id={(s) => s.key}
          columns={[
            { key: 'key', label: w.setting, cell: (s) => <code>{s.key}</code> },
            { key: 'value', label: w.value, cell: (s) => <Held setting={s} /> },
            { key: 'source', label: w.source, wide: true, cell: (s) => <Source of={s} /> },
            { key: 'counts', label: w.counts, wide: true, cell: (s) => (s.reloads ? w.fromReload : w.fromRestart) },
          ]}
        />
      </Panel>
    </>
  );
}

function Source({ of }: { of: Schemas['Setting'] }) {
  const w = useWords(words);
  return of.source === 'default' ? w.byDefault : <code>{of.source}</code>;
}

function Held({ setting }: { setting: Schemas['Setting'] }) {
  const w = useWords(words);
  const { value, secret, pending } = setting;
  return (
    <span className={styles.value}>
      {secret ? w.secretSetting : text(value) || '–'}
      <div className={styles.beside}>
        <Source of={setting} />
      </div>
      {pending !== undefined && (
        <div>
          <Tag tone="care">{w.pending(text(pending))}</Tag>
        </div>
      )}
    </span>
  );
}

function Outcome({ of }: { of: Schemas['Reloaded'] }) {
  const w = useWords(words);
  const quiet = of.changed.length === 0 && of.needsRestart.length === 0 && !of.certificate;
  return (
    <div role="status" className={styles.stack}>
      {quiet && <Tag tone="good">{w.nothingNew}</Tag>}
      {of.changed.length > 0 && <Tag tone="good">{w.countNow(of.changed.join(', '))}</Tag>}
      {of.certificate && <Tag tone="good">{w.otherCertificate}</Tag>}
      {of.needsRestart.length > 0 && <Tag tone="care">{w.countLater(of.needsRestart.join(', '))}</Tag>}
    </div>
  );
}

function text(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
