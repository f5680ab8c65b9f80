import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { Rows } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { Outcome } from './Outcome';
import { importQuery, isOver, renewImports } from './queries';
import { words } from './words';

const route = getRouteApi('/shell/bulk/$id');

// ImportPage is one import: how far it is, and what has become of it.
export function ImportPage() {
  const w = useWords(words);
  const { id } = route.useParams();
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(importQuery(id));
  return (
    <Page
      title={data?.file || w.import}
      about={
        data && (
          <>
            {data.dryRun ? `${w.dryRun}, ` : ''}
            {data.by} · <Ago at={data.createdAt} />
          </>
        )
      }
      back={{ to: '/bulk', label: w.title }}
      act={may && data && isOver(data) && <Forget id={id} file={data.file ?? ''} />}
    >
      <Refused error={error} again={() => void refetch()} />
      {!error && <Panel>{data ? <Outcome of={data} /> : <Rows />}</Panel>}
    </Page>
  );
}

function Forget({ id, file }: { id: string; file: string }) {
  const w = useWords(words);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const forget = useMutation({
    mutationFn: () => answer(api.DELETE('/v1/imports/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      await navigate({ to: '/bulk' });
      await renewImports();
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {w.forget}
      </Button>
      {asking && (
        <Confirm title={w.forgetTitle(file)} act={w.forget} error={forget.error} busy={forget.isPending} close={() => setAsking(false)} go={() => forget.mutate()}>
          {w.forgetText}
        </Confirm>
      )}
    </>
  );
}
