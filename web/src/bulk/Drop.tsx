import { Button, FileButton } from '@mantine/core';
import { useState, type DragEvent, type ReactNode } from 'react';
import { useWords } from '../words/words';
import styles from './Bulk.module.css';
import { words } from './words';

// Drop takes a file that is dropped on it, or chosen.
export function Drop({ take, children }: { take: (file: File) => void; children: ReactNode }) {
  const w = useWords(words);
  const [over, setOver] = useState(false);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    const [file] = e.dataTransfer.files;
    if (file) {
      take(file);
    }
  };
  return (
    <div
      className={styles.drop}
      data-over={over || undefined}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>{w.dropHere}</p>
      <FileButton onChange={(file) => file && take(file)} accept=".csv,.tsv,.txt,.jsonl,.ndjson,text/csv" inputProps={{ 'aria-label': w.choose }}>
        {(props) => <Button {...props}>{w.choose}</Button>}
      </FileButton>
      <p className={styles.format}>{w.format}</p>
      {children}
    </div>
  );
}
