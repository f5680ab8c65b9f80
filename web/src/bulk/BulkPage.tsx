import { Button } from '@mantine/core';
import { useState } from 'react';
import { Page, Panel } from '../parts/Page';
import { save } from '../parts/save';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { Drop } from './Drop';
import { HandIn } from './HandIn';
import { History } from './History';
import { words } from './words';

const example = `name,profile,label,tags,token,server.site,shared.interval
pump-1,default,the first pump,hall=3;row=b,pump-1-token-0123456789,Bern,5
pump-2,default,,,,Bern,5
`;

// BulkPage takes a file of devices in, and shows those that were handed in before.
export function BulkPage() {
  const w = useWords(words);
  const may = useMay('operator');
  const [file, setFile] = useState<File>();
  return (
    <Page title={w.title} about={w.about}>
      {may &&
        (file ? (
          <HandIn key={`${file.name} ${file.size} ${file.lastModified}`} file={file} change={setFile} />
        ) : (
          <Panel title={w.newImport}>
            <Drop take={setFile}>
              <Button variant="subtle" size="compact-sm" onClick={() => save('devices.csv', new Blob([example], { type: 'text/csv' }))}>
                {w.example}
              </Button>
            </Drop>
          </Panel>
        ))}
      <History />
    </Page>
  );
}
