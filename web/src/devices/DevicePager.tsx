import { getRouteApi } from '@tanstack/react-router';
import { Pager } from '../parts/Pager';
import { useWords } from '../words/words';
import { words } from './words';

const route = getRouteApi('/shell/devices/$name');

// DevicePager says how much of a list about one device is shown, and goes on in it.
export function DevicePager({ count, next }: { count: number | undefined; next: string | undefined }) {
  const w = useWords(words);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const shown = search.after ? (next ? w.olderOnes : w.oldestOnes) : next ? w.newestOnes(count ?? 0) : w.allOnes(count ?? 0);
  return (
    <Pager after={search.after} next={next} go={(after) => void navigate({ search: { ...search, after }, resetScroll: false })}>
      {count ? shown : undefined}
    </Pager>
  );
}
