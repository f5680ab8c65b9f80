import { useLanguage, useWords } from '../words/words';
import styles from './Progress.module.css';
import type { Campaign } from './queries';
import { steps, type Step } from './steps';
import { words } from './words';

// StepTag is a step in a word, with the colour that it has in the bar.
export function StepTag({ step }: { step: Step }) {
  const w = useWords(words);
  return (
    <span className={styles.tag} data-step={step} title={w[`step${step}Text`]}>
      {w[`step${step}`]}
    </span>
  );
}

// Progress is a bar of all devices of a campaign, by how far they are.
export function Progress({ of: c }: { of: Campaign }) {
  const w = useWords(words);
  const language = useLanguage();
  const all = steps.filter((s) => c.progress[s] > 0);
  const said = all.map((s) => `${w[`step${s}`]} ${c.progress[s].toLocaleString(language)}`).join(', ');
  return (
    <span className={styles.bar} role="img" aria-label={said || w.nobody}>
      {all.map((s) => (
        <span key={s} data-step={s} style={{ flexGrow: c.progress[s] }} />
      ))}
    </span>
  );
}

// Steps says in numbers what the bar shows.
export function Steps({ of: c }: { of: Campaign }) {
  const w = useWords(words);
  const language = useLanguage();
  return (
    <dl className={styles.steps}>
      {steps
        .filter((s) => c.progress[s] > 0 || s === 'done' || s === 'waiting')
        .map((s) => (
          <div key={s} data-step={s} title={w[`step${s}Text`]}>
            <dt>{w[`step${s}`]}</dt>
            <dd>{c.progress[s].toLocaleString(language)}</dd>
          </div>
        ))}
    </dl>
  );
}
