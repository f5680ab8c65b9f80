import { Button } from '@mantine/core';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { Empty } from '../parts/Empty';
import { useWords } from '../words/words';
import { words } from './words';

export function NotFound() {
  const w = useWords(words);
  return (
    <Empty title={w.notFound} act={<Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>{w.home}</Button>}>
      {w.notFoundText}
    </Empty>
  );
}

export function Failed({ error }: ErrorComponentProps) {
  const w = useWords(words);
  return (
    <Empty
      title={w.broken}
      act={
        <Button variant="default" onClick={() => window.location.reload()}>
          {w.reload}
        </Button>
      }
    >
      {error instanceof Error ? error.message : String(error)}
    </Empty>
  );
}
