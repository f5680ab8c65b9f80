import { dictionary } from '../words/words';

export const words = dictionary(
  {
    skip: 'Skip to the page',
    menu: 'Menu',
    pages: 'Pages',
    find: 'Find a page or a device',
    go: 'Go to…',
    nothingFound: 'Nothing has this name.',
    language: 'Sprache: Deutsch',
    reference: 'API reference',
    notFound: 'There is no such page',
    notFoundText: 'The address may be mistyped, or what was here has been removed.',
    home: 'To the start',
    broken: 'This page has failed',
    reload: 'Load it again',
  },
  {
    skip: 'Zur Seite springen',
    menu: 'Menü',
    pages: 'Seiten',
    find: 'Seite oder Gerät finden',
    go: 'Gehe zu …',
    nothingFound: 'Nichts heißt so.',
    language: 'Language: English',
    reference: 'API-Referenz',
    notFound: 'Diese Seite gibt es nicht',
    notFoundText: 'Die Adresse ist vielleicht vertippt, oder was hier war, wurde entfernt.',
    home: 'Zum Anfang',
    broken: 'Diese Seite ist fehlgeschlagen',
    reload: 'Neu laden',
  },
);
