import mark from './mark.svg';
import styles from './Shell.module.css';

export function Mark() {
  return (
    <span className={styles.wordmark}>
      <img src={mark} width={22} height={22} alt="" />
      Muster
    </span>
  );
}
