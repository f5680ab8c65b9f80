import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, Refusal, type Schemas } from '../api/client';
import { Checks } from '../journal/Checks';
import form from '../parts/Form.module.css';
import { Panel } from '../parts/Page';
import { PEM } from '../parts/PEM';
import { Refused } from '../parts/Refused';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { Certificates } from './Certificates';
import { Path } from './Path';
import { words } from './words';

// CheckPage says what would become of a device that shows a certificate, check by check.
export function CheckPage() {
  const w = useWords(words);
  const [text, setText] = useState('');
  const check = useMutation({ mutationFn: () => answer(api.POST('/v1/check/certificate', { body: { certificate: text } })) });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    check.mutate();
  };
  const change = (next: string) => {
    setText(next);
    check.reset();
  };
  return (
    <Certificates>
      <Panel title={w.checkTitle}>
        <form className={`${form.form} ${form.narrow}`} onSubmit={submit}>
          <PEM label={w.checkChain} hint={w.checkChainHint} text={text} change={change} />
          <Path text={text} />
          <Refused error={check.error} />
          <Group>
            <Button type="submit" loading={check.isPending} disabled={text.trim() === ''}>
              {w.checkAct}
            </Button>
          </Group>
        </form>
      </Panel>
      {check.data && <Said verdict={check.data} />}
    </Certificates>
  );
}

function Said({ verdict: v }: { verdict: Schemas['Verdict'] }) {
  const w = useWords(words);
  const { reason, title = '', detail = '', advice = '' } = v;
  return (
    <Panel title={w.verdict} act={<Tag tone={v.admitted ? 'good' : 'bad'}>{v.admitted ? w.wouldEnter : w.wouldNot}</Tag>}>
      <div className={form.form}>
        {v.name && (
          <span>
            {v.device ? (
              <>
                {w.isDevice}{' '}
                <Link to="/devices/$name" params={{ name: v.name }}>
                  {v.name}
                </Link>
              </>
            ) : (
              w.wouldBe(v.name)
            )}
          </span>
        )}
        <Checks all={v.checks} />
        {reason && <Refused error={new Refusal({ type: '', status: 0, reason, title, detail, advice })} />}
      </div>
    </Panel>
  );
}
