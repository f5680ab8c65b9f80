import { Button } from '@mantine/core';
import { Code } from '../parts/Code';
import { save } from '../parts/save';
import { useWords } from '../words/words';
import styles from './Commands.module.css';
import { saveCA } from './shell';
import { files, type System } from './ways';
import { words } from './words';

interface Props {
  pem: string;
  system: System;
  own: string | undefined; // who has issued the certificate that the operator has given to the server
}

// Authority says whom devices have to trust to know the server, and hands it out as a file.
export function Authority({ pem, system, own }: Props) {
  const w = useWords(words);
  if (own) {
    return <p className={styles.note}>{w.ownCertificate(own, files.ca)}</p>;
  }
  return (
    <>
      <div className={styles.authority}>
        <p>{w.caText(files.ca)}</p>
        <Button size="compact-sm" variant="default" onClick={() => save(files.ca, new Blob([pem], { type: 'application/x-pem-file' }))}>
          {w.caDownload}
        </Button>
      </div>
      {system !== 'windows' && (
        <details className={styles.fold}>
          <summary>{w.caCommand}</summary>
          <Code label={w.caCommand} text={saveCA(pem)} />
        </details>
      )}
    </>
  );
}
