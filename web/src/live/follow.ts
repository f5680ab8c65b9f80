import type { Schemas } from '../api/client';

export type LiveEvent = Schemas['Event'];
export type Sort = 'telemetry' | 'attempts' | 'sessions' | 'imports' | 'campaigns' | 'traffic';

export interface Wish {
  kind: Sort[];
  device?: string;
  reason?: string;
  remote?: string;
}

const names = ['telemetry', 'attempt', 'connected', 'disconnected', 'import', 'campaign', 'traffic', 'begin', 'lost', 'end'] as const;

// An Ear is who hears of what happens.
export interface Ear {
  hear: (e: LiveEvent) => void;
  missed: () => void; // something may have happened that is not told: what is shown of it has to be asked for again
  live: (is: boolean) => void;
}

const patience = { first: 1_000, most: 30_000 };

// url says where a stream is that goes on behind an event.
export function url(wish: Wish, after: string): string {
  const query = new URLSearchParams();
  wish.kind.forEach((k) => query.append('kind', k));
  for (const name of ['device', 'reason', 'remote'] as const) {
    const value = wish[name];
    if (value) {
      query.set(name, value);
    }
  }
  if (after) {
    query.set('after', after);
  }
  return `/v1/events?${query}`;
}

// follow tells what happens until it is stopped. Before anything else it says that what came before is missed. A stream that
// breaks off is taken up where it was: at first by the browser, and, where the server refused it, by another one a little later.
// While the page is hidden there is none: browsers have few connections to one server, and share them among all their pages.
export function follow(wish: Wish, { hear, missed, live }: Ear): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = '';
  let wait = patience.first;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    const s = new EventSource(url(wish, last));
    source = s;
    s.onopen = () => {
      wait = patience.first;
      live(true);
    };
    s.onerror = () => {
      live(false);
      if (s.readyState === EventSource.CLOSED) {
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, patience.most);
      }
    };
    for (const name of names) {
      s.addEventListener(name, (message) => {
        last = message.lastEventId || last;
        if (name === 'begin' || name === 'lost') {
          missed();
        } else {
          hear(JSON.parse(message.data) as LiveEvent);
        }
      });
    }
  };
  const look = () => {
    if (document.hidden) {
      close();
      live(false);
    } else if (!source) {
      open();
    }
  };
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    document.removeEventListener('visibilitychange', look);
    close();
  };
}
