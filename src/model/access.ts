/** What a route may need of whoever asks. */
export type Permission =
  /** To look at all but tokens and the audit log. */
  | 'read'
  /** To send ereports and sitreps. */
  | 'report'
  /** To change what operators decide, to have work done, and to see who did. */
  | 'operate'
  /** To decide who may do what. */
  | 'administer';

/** What a token is for; each has one. */
export const ROLES = ['viewer', 'reporter', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const GRANTED: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  reporter: ['read', 'report'],
  operator: ['read', 'operate'],
  admin: ['read', 'report', 'operate', 'administer'],
};

export function mayDo(role: Role, permission: Permission): boolean {
  return GRANTED[role].includes(permission);
}

/** The roles of which one is needed. */
export function rolesFor(permission: Permission): Role[] {
  return ROLES.filter((role) => mayDo(role, permission));
}
