import { ActionIcon, Button, Menu } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Confirm } from '../parts/Confirm';
import { MoreIcon } from '../parts/icons';
import { Rows } from '../parts/Loading';
import { Page } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Tabs } from '../parts/Tabs';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { fieldWords } from './fieldWords';
import { ProfileKeys } from './ProfileKeys';
import { ProfileSettings, settingsParts } from './ProfileSettings';
import { profileQuery, renewProfiles } from './queries';
import { words } from './words';

const route = getRouteApi('/shell/profiles/$name');
const parts = ['keys', ...settingsParts] as const;

export function ProfilePage() {
  const w = useWords(words);
  const f = useWords(fieldWords);
  const { name } = route.useParams();
  const part = oneOf(route.useSearch().part, ...parts);
  const { data: profile, error, refetch } = useQuery(profileQuery(name));
  const may = useMay('operator');
  return (
    <Page
      title={name}
      back={{ to: '/profiles', label: w.title }}
      about={profile && [f[`strategy${profile.strategy}`], profile.description].filter(Boolean).join(' · ')}
      act={
        <>
          <Button variant="default" renderRoot={(props) => <Link to="/devices" search={{ profile: name }} {...props} />}>
            {w.devices}
          </Button>
          {may && <Acts name={name} />}
        </>
      }
    >
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <>
          <Tabs label={w.parts}>
            {parts.map((p) => (
              <Link key={p} to="/profiles/$name" params={{ name }} search={p === 'keys' ? {} : { part: p }} activeOptions={{ exact: true }}>
                {w[p]}
              </Link>
            ))}
          </Tabs>
          {!profile && <Rows />}
          {profile && part === 'keys' && <ProfileKeys profile={name} />}
          {profile && part !== 'keys' && <ProfileSettings key={profile.id} profile={profile} part={part} />}
        </>
      )}
    </Page>
  );
}

function Acts({ name }: { name: string }) {
  const w = useWords(words);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE('/v1/profiles/{name}', { params: { path: { name } } })),
    onSuccess: async () => {
      await navigate({ to: '/profiles' });
      await renewProfiles();
    },
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={w.more}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="var(--bad)" onClick={() => setAsking(true)}>
            {w.delete}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking && (
        <Confirm title={w.deleteTitle(name)} act={w.delete} error={remove.error} busy={remove.isPending} close={() => setAsking(false)} go={() => remove.mutate()}>
          {w.deleteText}
        </Confirm>
      )}
    </>
  );
}
