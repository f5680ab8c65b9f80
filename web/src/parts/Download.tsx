import { Button } from '@mantine/core';
import { DownloadIcon } from './icons';
import { save } from './save';

interface Props {
  name: string; // of the file
  text: string;
  label: string;
  primary?: boolean | undefined;
  onSaved?: (() => void) | undefined;
}

// Download saves a text as a file, which this browser writes by itself.
export function Download({ name, text, label, primary, onSaved }: Props) {
  const keep = () => {
    save(name, new Blob([text]));
    onSaved?.();
  };
  return (
    <Button variant={primary ? 'filled' : 'default'} leftSection={<DownloadIcon size={16} />} onClick={keep}>
      {label}
    </Button>
  );
}
