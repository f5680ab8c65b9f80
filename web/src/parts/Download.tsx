import { Button } from '@mantine/core';
import { DownloadIcon } from './icons';
import { save } from './save';

interface Props {
  name: string; // of the file
  text: string;
  label: string;
  primary?: boolean;
}

// Download saves a text as a file, which this browser writes by itself.
export function Download({ name, text, label, primary }: Props) {
  return (
    <Button variant={primary ? 'filled' : 'default'} leftSection={<DownloadIcon size={16} />} onClick={() => save(name, new Blob([text]))}>
      {label}
    </Button>
  );
}
