import { useQuery } from '@tanstack/react-query';
import { Certificates } from '../certificates/Certificates';
import { Refused } from '../parts/Refused';
import { Lists } from './Lists';
import { Overdue } from './Overdue';
import { listsQuery, trustingQuery } from './queries';
import { Trusted } from './Trusted';
import { trusts } from './trusts';

// OthersPage shows the authorities of others that profiles trust, and what these have revoked.
export function OthersPage() {
  const lists = useQuery(listsQuery);
  const profiles = useQuery(trustingQuery);
  const error = lists.error ?? profiles.error;
  const all = profiles.data && lists.data && trusts(profiles.data.items, lists.data.items);
  return (
    <Certificates>
      <Refused error={error} again={() => void Promise.all([lists.refetch(), profiles.refetch()])} />
      {!error && (
        <>
          <Overdue lists={lists.data?.items ?? []} trusts={all ?? []} />
          <Trusted all={all} />
          <Lists all={lists.data?.items} />
        </>
      )}
    </Certificates>
  );
}
