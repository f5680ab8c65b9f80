import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { Confirm } from '../parts/Confirm';
import { Refused } from '../parts/Refused';
import { useLanguage, useWords } from '../words/words';
import { renewCampaigns, type Campaign } from './queries';
import { words } from './words';

// CampaignActs stop a campaign, let it go on, or take it back.
export function CampaignActs({ campaign: c }: { campaign: Campaign }) {
  const w = useWords(words);
  const language = useLanguage();
  const [asking, setAsking] = useState(false);
  const one = { params: { path: { id: c.id ?? '' } } };
  const close = () => setAsking(false);
  const settle = { onSettled: renewCampaigns };
  const pause = useMutation({ mutationFn: () => answer(api.POST('/v1/campaigns/{id}/pause', one)), ...settle });
  const resume = useMutation({ mutationFn: () => answer(api.POST('/v1/campaigns/{id}/resume', one)), ...settle });
  const back = useMutation({
    mutationFn: () => answer(api.POST('/v1/campaigns/{id}/rollback', one)),
    onSuccess: () => {
      close();
      return renewCampaigns();
    },
  });
  const pending = c.progress.asked + c.progress.fetched + c.progress.overdue;
  return (
    <>
      {c.state === 'running' && (
        <Button variant="default" loading={pause.isPending} onClick={() => pause.mutate()}>
          {w.pauseAct}
        </Button>
      )}
      {c.state === 'paused' && (
        <Button loading={resume.isPending} onClick={() => resume.mutate()}>
          {w.resume}
        </Button>
      )}
      {c.state !== 'rolling-back' && (
        <Button variant="default" onClick={() => {
            back.reset();
            setAsking(true);
          }}>
          {w.rollback}
        </Button>
      )}
      <Refused error={pause.error ?? resume.error} />
      {asking && (
        <Confirm title={w.rollbackTitle} act={w.rollback} error={back.error} busy={back.isPending} close={close} go={() => back.mutate()}>
          {w.rollbackText(pending.toLocaleString(language), c.progress.done.toLocaleString(language))}
        </Confirm>
      )}
    </>
  );
}
