import { createTheme, defaultVariantColorsResolver, type CSSVariablesResolver, type MantineColorsTuple, type VariantColorsResolver } from '@mantine/core';

// One colour that acts, a green like that of old machines; everything else is ink on paper, and red and amber mean something.
const pine: MantineColorsTuple = ['#e9f6f2', '#d3ebe3', '#a5d6c6', '#74c0a8', '#4dad8f', '#36a180', '#238467', '#1d6b58', '#165a49', '#0c4738'];

// A button that is a text alone is of a colour that can be read on the paper, in light and in dark.
const texts: Record<string, string> = { gray: 'var(--quiet)', red: 'var(--bad)' };

const variantColorResolver: VariantColorsResolver = (input) => {
  const usual = defaultVariantColorsResolver(input);
  if (input.variant !== 'subtle') {
    return usual;
  }
  const color = texts[(input.color ?? '').split('.')[0] ?? ''] ?? 'var(--act)';
  return { ...usual, color, hoverColor: color, hover: `color-mix(in srgb, ${color} 9%, transparent)` };
};

export const theme = createTheme({
  variantColorResolver,
  colors: { pine },
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "'Inter Variable', ui-sans-serif, system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  headings: { fontFamily: 'inherit', fontWeight: '600' },
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '12px', sm: '13.5px', md: '14.5px', lg: '17px', xl: '20px' },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 }, transitionProps: { duration: 120 } } },
  },
});

// The library's own colours, in terms of ours.
export const variables: CSSVariablesResolver = () => {
  const ours = {
    '--mantine-color-body': 'var(--paper)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--quiet)',
    '--mantine-color-default': 'var(--paper)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-placeholder': 'var(--faint)',
    '--mantine-color-anchor': 'var(--act)',
    '--mantine-color-error': 'var(--bad)',
  };
  return { variables: {}, light: ours, dark: ours };
};
