import { ActionIcon, Button, Group, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { Dialog } from '../parts/Dialog';
import { BinIcon, PencilIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { words as partWords } from '../parts/words';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import styles from '../parts/Form.module.css';
import { attributesQuery, renewDevices } from './queries';
import { parseValue, valueText } from './values';
import { Value } from './Value';
import { words } from './words';

type Attribute = Schemas['Attribute'];
type Scope = Attribute['scope'];

const scopes = ['shared', 'server', 'client'] as const;

// What is being done with an attribute; without a key it is a new one.
interface Doing {
  what: 'edit' | 'remove';
  scope: Scope;
  attribute?: Attribute;
}

export function DeviceAttributes({ name }: { name: string }) {
  const w = useWords(words);
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(attributesQuery(name));
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  const change = useMutation({
    mutationFn: ({ scope, body }: { scope: Scope; body: Record<string, unknown> }) =>
      answer(api.PATCH('/v1/devices/{name}/attributes/{scope}', { params: { path: { name, scope } }, body })),
    onSuccess: () => {
      close();
      return renewDevices();
    },
  });
  const begin = (next: Doing) => {
    change.reset();
    setDoing(next);
  };
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  const acts = (a: Attribute) =>
    may && (
      <Group gap={2} justify="flex-end" wrap="nowrap">
        {a.scope !== 'client' && (
          <ActionIcon variant="subtle" color="gray" aria-label={w.changeAttribute(a.key)} onClick={() => begin({ what: 'edit', scope: a.scope, attribute: a })}>
            <PencilIcon size={16} />
          </ActionIcon>
        )}
        <ActionIcon variant="subtle" color="gray" aria-label={w.removeAttribute(a.key)} onClick={() => begin({ what: 'remove', scope: a.scope, attribute: a })}>
          <BinIcon size={16} />
        </ActionIcon>
      </Group>
    );
  return (
    <>
      {scopes.map((scope) => (
        <Panel
          key={scope}
          title={w[`scope${scope}`]}
          flush
          act={
            may && scope !== 'client' ? (
              <Button size="compact-sm" variant="default" onClick={() => begin({ what: 'edit', scope })}>
                {w.addAttribute}
              </Button>
            ) : undefined
          }
        >
          <p style={{ margin: 0, padding: '10px 18px 0', color: 'var(--quiet)', fontSize: 13 }}>{w[`scope${scope}Text`]}</p>
          <Table
            label={w[`scope${scope}`]}
            rows={data?.items.filter((a) => a.scope === scope)}
            id={(a) => a.key}
            columns={[
              { key: 'key', label: w.key, cell: (a) => a.key },
              { key: 'value', label: w.value, cell: (a) => <Value value={a.value} /> },
              { key: 'when', label: w.when, wide: true, cell: (a) => <Ago at={a.updatedAt} /> },
              { key: 'acts', label: '', cell: acts },
            ]}
            empty={<p style={{ margin: 0, padding: '8px 18px 16px' }}>{w.noAttributes}</p>}
          />
        </Panel>
      ))}
      {doing?.what === 'edit' && (
        <EditAttribute doing={doing} busy={change.isPending} error={change.error} close={close} save={(key, value) => change.mutate({ scope: doing.scope, body: { [key]: value } })} />
      )}
      {doing?.what === 'remove' && doing.attribute && (
        <Confirm
          title={w.removeAttribute(doing.attribute.key)}
          act={w.remove}
          error={change.error}
          busy={change.isPending}
          close={close}
          go={() => change.mutate({ scope: doing.scope, body: { [doing.attribute?.key ?? '']: null } })}
        >
          {w.removeAttributeText}
        </Confirm>
      )}
    </>
  );
}

interface EditProps {
  doing: Doing;
  busy: boolean;
  error: unknown;
  close: () => void;
  save: (key: string, value: unknown) => void;
}

function EditAttribute({ doing, busy, error, close, save }: EditProps) {
  const w = useWords(words);
  const p = useWords(partWords);
  const known = doing.attribute;
  const [key, setKey] = useState(known?.key ?? '');
  const [text, setText] = useState(known ? valueText(known.value) : '');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save(key, parseValue(text));
  };
  return (
    <Dialog onClose={close} title={known ? w.changeAttribute(known.key) : w.addAttribute}>
      <form className={styles.form} onSubmit={submit}>
        {!known && <TextInput label={w.key} required withAsterisk={false} maxLength={255} autoComplete="off" data-autofocus value={key} onChange={(e) => setKey(e.currentTarget.value)} />}
        <Textarea label={w.value} description={w.valueHint} required withAsterisk={false} autosize minRows={1} maxRows={14} classNames={{ input: styles.mono ?? '' }} value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <Refused error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {p.cancel}
          </Button>
          <Button type="submit" loading={busy}>
            {p.save}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
