import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useId, useState, type KeyboardEvent } from 'react';
import { answer, api } from '../api/client';
import { Dialog } from '../parts/Dialog';
import { DevicesIcon } from '../parts/icons';
import { useWords } from '../words/words';
import styles from './Palette.module.css';
import { pages } from './pages';
import { words } from './words';

interface Choice {
  key: string;
  icon: (typeof pages)[number]['icon'];
  label: string;
  about?: string;
  href: string;
}

// Palette finds any page, and any device, by a few letters of its name.
export default function Palette({ close }: { close: () => void }) {
  const w = useWords(words);
  const router = useRouter();
  const list = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const choices = useChoices(text.trim());
  const chosen = choices[Math.min(at, choices.length - 1)];

  const go = (c: Choice | undefined) => {
    if (c) {
      close();
      router.history.push(c.href);
    }
  };
  const press = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      setAt((Math.min(at, choices.length - 1) + step + choices.length) % Math.max(choices.length, 1));
    } else if (e.key === 'Enter') {
      go(chosen);
    }
  };
  return (
    <Dialog
      onClose={close}
      withCloseButton={false}
      centered={false}
      yOffset="14vh"
      size={520}
      padding={0}
      transitionProps={{ duration: 0 }}
      attributes={{ content: { 'aria-label': w.find } }}
    >
      <input
        className={styles.input}
        autoFocus // at once: what is typed next belongs here
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={chosen && `${list}-${chosen.key}`}
        aria-label={w.find}
        placeholder={w.find}
        value={text}
        onChange={(e) => {
          setText(e.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <ul id={list} role="listbox" className={styles.list} aria-label={w.find}>
        {choices.map((c) => (
          <li
            key={c.key}
            id={`${list}-${c.key}`}
            role="option"
            aria-selected={c === chosen}
            className={styles.choice}
            onClick={() => go(c)}
          >
            <c.icon size={16} />
            <span>{c.label}</span>
            {c.about && <small>{c.about}</small>}
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p className={styles.none}>{w.nothingFound}</p>}
    </Dialog>
  );
}

function useChoices(text: string): Choice[] {
  const w = useWords(words);
  const { data } = useQuery({
    queryKey: ['devices', 'palette', text],
    enabled: text !== '',
    placeholderData: keepPreviousData,
    queryFn: () => answer(api.GET('/v1/devices', { params: { query: { search: text, limit: 8 } } })),
  });
  const found: Choice[] = pages
    .map((p) => ({ key: String(p.to), icon: p.icon, label: w[p.title], href: String(p.to) }))
    .filter((p) => p.label.toLowerCase().includes(text.toLowerCase()));
  const devices: Choice[] = (text ? (data?.items ?? []) : []).map((d) => ({
    key: d.id,
    icon: DevicesIcon,
    label: d.name,
    about: d.profile,
    href: `/devices/${encodeURIComponent(d.name)}`,
  }));
  return [...found, ...devices];
}
