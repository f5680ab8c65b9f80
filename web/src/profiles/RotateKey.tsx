import { Button, Group, NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { Once } from '../parts/Once';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { keyWords } from './keyWords';
import { renewProfiles } from './queries';

export function RotateKey({ of, close }: { of: Schemas['ProvisionKey']; close: () => void }) {
  const w = useWords(keyWords);
  const p = useWords(partWords);
  const [overlap, setOverlap] = useState('168h');
  const rotate = useMutation({
    mutationFn: () => answer(api.POST('/v1/provision-keys/{key}/rotate', { params: { path: { key: of.id } }, body: { overlap: overlap || undefined } })),
    onSuccess: renewProfiles,
  });
  return (
    <Dialog onClose={close} title={`${w.rotate}: ${of.key}`} closeOnClickOutside={!rotate.data}>
      <div className={form.form}>
        {rotate.data ? (
          <>
            <Once all={[[w.secret, rotate.data.secret]]} />
            <Group justify="flex-end">
              <Button onClick={close}>{p.close}</Button>
            </Group>
          </>
        ) : (
          <>
            <span>{w.rotateText}</span>
            <NativeSelect
              label={w.overlap}
              value={overlap}
              onChange={(e) => setOverlap(e.currentTarget.value)}
              data={[
                { value: '', label: w.overlapNone },
                { value: '24h', label: w.overlap24h },
                { value: '168h', label: w.overlap168h },
                { value: '720h', label: w.overlap720h },
              ]}
            />
            <Refused error={rotate.error} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                {p.cancel}
              </Button>
              <Button loading={rotate.isPending} onClick={() => rotate.mutate()}>
                {w.rotate}
              </Button>
            </Group>
          </>
        )}
      </div>
    </Dialog>
  );
}
