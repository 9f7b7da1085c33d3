/** Two stages: one without approvals, one that asks for one; ada, bo and cyd may do everything. */
export const meshYaml = (beta: string, canary: string): string => `
branch: main
access:
  people:
    ada: { unix: [ada], emails: [ada@mesh.example] }
    bo: { unix: [bo], emails: [bo@mesh.example] }
    cyd: { unix: [cyd], emails: [cyd@mesh.example] }
    eve: { unix: [eve], emails: [eve@mesh.example] }
  groups:
    managers: { members: [ada, bo, cyd] }
    watchers: { members: [eve] }
  roles:
    request: [managers]
    approve: [managers]
    rollback: [managers]
    release: [managers]
    freeze: [managers]
    break-glass: [managers]
stages:
  - name: ${beta}
    envoy: ["1.36.4", "1.40.0"]
    node: { cluster: small-beta }
    target: { kind: git, repository: live, branch: ${beta} }
  - name: ${canary}
    envoy: ["1.40.0"]
    node: { cluster: small }
    gates: { approvals: { count: 1, group: managers, expire: 24h } }
    target: { kind: git, repository: live, branch: ${canary} }
`;
