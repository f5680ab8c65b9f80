import styles from './Steps.module.css';

// Steps say how far one is.
export function Steps({ all, at }: { all: string[]; at: number }) {
  return (
    <ol className={styles.steps}>
      {all.map((name, i) => (
        <li key={name} aria-current={i === at ? 'step' : undefined} data-done={i < at || undefined}>
          <span aria-hidden="true">{i < at ? '✓' : i + 1}</span>
          {name}
        </li>
      ))}
    </ol>
  );
}
