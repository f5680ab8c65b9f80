import { ActionIcon, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Confirm } from '../parts/Confirm';
import { MoreIcon } from '../parts/icons';
import { Refused } from '../parts/Refused';
import { roles } from '../people/session';
import { words as people } from '../people/words';
import { useWords } from '../words/words';
import { renewUsers } from './queries';
import { SetPassword } from './SetPassword';
import { words } from './words';

// What is asked before it is done with a user. A role is changed at once where that takes nothing away.
type Asking = { what: 'disable' | 'delete' | 'password' } | { what: 'role'; role: Schemas['User']['role'] };

export function UserActs({ user }: { user: Schemas['User'] }) {
  const w = useWords(words);
  const p = useWords(people);
  const [asking, setAsking] = useState<Asking>();
  const close = () => setAsking(undefined);
  const done = () => {
    close();
    return renewUsers();
  };
  const one = { params: { path: { name: user.name } } };
  const change = useMutation({ mutationFn: (body: Schemas['UserChange']) => answer(api.PATCH('/v1/users/{name}', { ...one, body })), onSuccess: done });
  const remove = useMutation({ mutationFn: () => answer(api.DELETE('/v1/users/{name}', one)), onSuccess: done });
  const ask = (next: Asking) => {
    change.reset();
    remove.reset();
    setAsking(next);
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${w.more}: ${user.name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {roles
            .filter((r) => r !== user.role)
            .map((role) => (
              <Menu.Item key={role} onClick={() => ask({ what: 'role', role })}>
                {w.makeRole(p[role])}
              </Menu.Item>
            ))}
          {!user.elsewhere && <Menu.Item onClick={() => ask({ what: 'password' })}>{w.setPassword}</Menu.Item>}
          <Menu.Divider />
          {user.disabled ? (
            <Menu.Item onClick={() => change.mutate({ disabled: false })}>{w.enable}</Menu.Item>
          ) : (
            <Menu.Item onClick={() => ask({ what: 'disable' })}>{w.disable}</Menu.Item>
          )}
          <Menu.Item color="var(--bad)" onClick={() => ask({ what: 'delete' })}>
            {w.deleteUser}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {!asking && <Refused error={change.error} />}
      {asking?.what === 'role' && (
        <Confirm
          title={w.makeRoleTitle(user.name, p[asking.role])}
          act={w.changeRole}
          error={change.error}
          busy={change.isPending}
          close={close}
          go={() => change.mutate({ role: asking.role })}
        >
          {w[`may${asking.role}`]} {w.atOnce}
        </Confirm>
      )}
      {asking?.what === 'disable' && (
        <Confirm title={w.disableTitle(user.name)} act={w.disable} error={change.error} busy={change.isPending} close={close} go={() => change.mutate({ disabled: true })}>
          {w.disableText}
        </Confirm>
      )}
      {asking?.what === 'delete' && (
        <Confirm title={w.deleteUserTitle(user.name)} act={w.deleteUser} error={remove.error} busy={remove.isPending} close={close} go={() => remove.mutate()}>
          {w.deleteUserText}
        </Confirm>
      )}
      {asking?.what === 'password' && <SetPassword name={user.name} close={close} />}
    </>
  );
}
