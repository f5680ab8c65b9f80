import { ActionIcon, Button, Group } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { BinIcon, PencilIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { changeAttribute, Overtaken, type Attribute, type Change, type Scope } from './attributes';
import styles from './Attributes.module.css';
import { EditAttribute } from './EditAttribute';
import { OvertakenNote } from './OvertakenNote';
import { attributesQuery, renewDevices } from './queries';
import { kindOf } from './values';
import { Value } from './Value';
import { words } from './words';

const scopes = ['shared', 'server', 'client'] as const;

// What is being done with an attribute; without one it is a new one.
interface Doing {
  what: 'edit' | 'remove';
  scope: Scope;
  attribute?: Attribute;
}

// DeviceAttributes are those of each scope. What is changed is what one saw: nothing that somebody else has changed is written over unasked.
export function DeviceAttributes({ name }: { name: string }) {
  const w = useWords(words);
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(attributesQuery(name));
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  const change = useMutation({
    mutationFn: (asked: Change) => changeAttribute(name, asked),
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
  const overtaken = change.error instanceof Overtaken ? change.error : undefined;
  const failed = overtaken ? undefined : change.error;
  const take = () => {
    close();
    void renewDevices();
  };
  const make = (key: string, value: unknown, over: boolean) => doing && change.mutate({ scope: doing.scope, key, was: over ? overtaken?.now : doing.attribute?.value, value });
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
          <p className={styles.about}>{w[`scope${scope}Text`]}</p>
          <Table
            label={w[`scope${scope}`]}
            rows={data?.items.filter((a) => a.scope === scope)}
            id={(a) => a.key}
            columns={[
              { key: 'key', label: w.key, cell: (a) => a.key },
              { key: 'value', label: w.value, cell: (a) => <Value value={a.value} /> },
              { key: 'kind', label: w.keptAs, wide: true, cell: (a) => w[`value${kindOf(a.value)}`] },
              { key: 'when', label: w.changed, wide: true, cell: (a) => <Ago at={a.updatedAt} /> },
              { key: 'acts', label: '', cell: acts },
            ]}
            empty={<p className={styles.none}>{w.noAttributes}</p>}
          />
        </Panel>
      ))}
      {doing?.what === 'edit' && (
        <EditAttribute
          attribute={doing.attribute}
          taken={(key) => Boolean(data?.items.some((a) => a.scope === doing.scope && a.key === key))}
          overtaken={overtaken}
          busy={change.isPending}
          error={failed}
          close={close}
          take={take}
          save={make}
        />
      )}
      {doing?.what === 'remove' && doing.attribute && (
        <Confirm
          title={w.removeAttribute(doing.attribute.key)}
          act={w.remove}
          error={failed}
          busy={change.isPending}
          close={overtaken ? take : close}
          go={() => make(doing.attribute?.key ?? '', undefined, Boolean(overtaken))}
        >
          {overtaken ? <OvertakenNote now={overtaken.now} /> : w.removeAttributeText}
        </Confirm>
      )}
    </>
  );
}
