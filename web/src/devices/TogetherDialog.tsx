import { Button, Checkbox, Group, Progress as Bar, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { isUnknown, Refusal } from '../api/client';
import { Dialog } from '../parts/Dialog';
import { Reason, Refused, Why } from '../parts/Refused';
import type { Selection } from '../parts/useSelection';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import form from '../parts/Form.module.css';
import { beginRotation, carryOut, type Act, type Order } from './acts';
import type { Device } from './list';
import { renewDevices } from './queries';
import styles from './Together.module.css';
import { together, type Failed, type Progress } from './together';
import { words } from './words';

interface Props {
  act: Act;
  selection: Selection<Device>;
  close: () => void;
}

const named = 8;

// TogetherDialog asks what shall become of many devices, names them, does it, and says with whom it failed and why.
export default function TogetherDialog({ act, selection, close }: Props) {
  const w = useWords(words);
  const p = useWords(partWords);
  const [devices, setDevices] = useState(() => [...selection.all.values()]);
  const [order, setOrder] = useState<Order>({ act, label: '', tag: act === 'rotate' ? 'rotate' : '', value: act === 'rotate' ? new Date().toISOString().slice(0, 10) : '', without: false });
  const [typed, setTyped] = useState('');
  const run = useRun(order, selection);
  const n = devices.length;
  const sure = (act !== 'delete' || n < 2 || typed.trim() === String(n)) && (!['tag', 'rotate'].includes(act) || order.tag.trim() !== '');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void run.begin(devices);
  };
  const again = (failed: readonly Failed<Device>[], left: readonly Device[]) => {
    const rest = [...failed.map((f) => f.one), ...left];
    setDevices(rest);
    void run.begin(rest);
  };
  return (
    <Dialog onClose={run.busy ? () => undefined : close} title={w[`many${act}`](n)} closeButtonProps={{ 'aria-label': p.close, disabled: run.busy }}>
      {run.progress ? (
        <Outcome progress={run.progress} total={n} busy={run.busy} stop={run.stop} again={again} close={close} error={run.error} asked={run.asked} />
      ) : (
        <form className={form.form} onSubmit={submit}>
          <Names devices={devices} />
          <p className={styles.text}>{w[`many${act}Text`]}</p>
          <Fields order={order} change={setOrder} />
          {act === 'delete' && n > 1 && (
            <TextInput label={w.typeNumber(n)} inputMode="numeric" autoComplete="off" data-autofocus value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {p.cancel}
            </Button>
            <Button type="submit" color={act === 'delete' || act === 'suspend' ? 'red.8' : undefined} disabled={!sure} data-autofocus={act === 'delete' ? undefined : true}>
              {w[`act${act}`]}
            </Button>
          </Group>
        </form>
      )}
    </Dialog>
  );
}

// useRun carries an order out, and ends it when its page goes.
function useRun(order: Order, selection: Selection<Device>) {
  const [progress, setProgress] = useState<Progress<Device>>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [asked, setAsked] = useState<number>();
  const stopper = useRef<AbortController>(undefined);
  useEffect(() => () => stopper.current?.abort(), []);
  const begin = async (devices: readonly Device[]) => {
    const stop = new AbortController();
    stopper.current = stop;
    setBusy(true);
    setError(undefined);
    setProgress({ done: 0, failed: [], left: devices });
    const end = await together(devices, { act: (d) => carryOut(order, d), tell: setProgress, signal: stop.signal, hopeless: isUnknown });
    setProgress(end);
    if (order.act === 'rotate' && end.done > 0 && end.left.length === 0) {
      await beginRotation(order).then((c) => setAsked(c.progress.selected), setError);
    }
    setBusy(false);
    const rest = new Set([...end.left, ...end.failed.map((f) => f.one)]);
    selection.set(devices.filter((d) => !rest.has(d)), false);
    await renewDevices();
  };
  return { begin, progress, busy, error, asked, stop: () => stopper.current?.abort() };
}

function Names({ devices }: { devices: readonly Device[] }) {
  const w = useWords(words);
  return (
    <ul className={styles.names} aria-label={w.title}>
      {devices.slice(0, named).map((d) => (
        <li key={d.id}>{d.name}</li>
      ))}
      {devices.length > named && <li data-rest>{w.andMore(devices.length - named)}</li>}
    </ul>
  );
}

function Fields({ order, change }: { order: Order; change: (o: Order) => void }) {
  const w = useWords(words);
  if (order.act === 'label') {
    return <TextInput label={w.label} maxLength={1000} data-autofocus value={order.label} onChange={(e) => change({ ...order, label: e.currentTarget.value })} />;
  }
  if (order.act !== 'tag' && order.act !== 'rotate') {
    return null;
  }
  return (
    <>
      <div className={styles.pair}>
        <TextInput label={w.tagName} required withAsterisk={false} maxLength={255} autoComplete="off" data-autofocus value={order.tag} onChange={(e) => change({ ...order, tag: e.currentTarget.value })} />
        <TextInput label={w.value} maxLength={255} autoComplete="off" disabled={order.without} value={order.value} onChange={(e) => change({ ...order, value: e.currentTarget.value })} />
      </div>
      {order.act === 'tag' && <Checkbox label={w.takeTag} checked={order.without} onChange={(e) => change({ ...order, without: e.currentTarget.checked })} />}
    </>
  );
}

interface OutcomeProps {
  progress: Progress<Device>;
  total: number;
  busy: boolean;
  error: unknown;
  asked: number | undefined;
  stop: () => void;
  again: (failed: readonly Failed<Device>[], left: readonly Device[]) => void;
  close: () => void;
}

function Outcome({ progress, total, busy, error, asked, stop, again, close }: OutcomeProps) {
  const w = useWords(words);
  const p = useWords(partWords);
  const { done, failed, left } = progress;
  const over = done + failed.length;
  return (
    <div className={form.form}>
      <Bar value={(100 * over) / total} color={failed.length > 0 ? 'orange' : undefined} transitionDuration={150} aria-label={w.howFar(over, total)} />
      <div role="status">
        <strong>{busy ? w.howFar(over, total) : w.doneWith(done)}</strong>
        {!busy && left.length > 0 && <p className={styles.text}>{w.leftOut(left.length)}</p>}
        {asked !== undefined && <p className={styles.text}>{w.campaignAsks(asked)}</p>}
      </div>
      {failed.length > 0 && (
        <>
          <span>{w.failedWith(failed.length)}</span>
          <ul className={styles.failed} tabIndex={0} aria-label={w.failedWith(failed.length)}>
            {failed.slice(0, 500).map((f) => (
              <li key={f.one.id}>
                <Link to="/devices/$name" params={{ name: f.one.name }}>
                  {f.one.name}
                </Link>
                {f.error instanceof Refusal && <Reason code={f.error.problem.reason} />}
                <small>{f.error instanceof Refusal ? <Why of={f.error.problem} /> : String(f.error)}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      <Refused error={error} />
      <Group justify="flex-end" gap="xs">
        {busy ? (
          <Button variant="default" onClick={stop}>
            {w.stop}
          </Button>
        ) : (
          <>
            {failed.length + left.length > 0 && (
              <Button variant="default" onClick={() => again(failed, left)}>
                {w.thoseAgain}
              </Button>
            )}
            <Button onClick={close} autoFocus>
              {p.close}
            </Button>
          </>
        )}
      </Group>
    </div>
  );
}
