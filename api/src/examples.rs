//! What the document shows of bodies that are no JSON.

/// The answer of an operation.
pub(crate) fn answer(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "capture_content" => {
            "hostname ams-sw-01\n!\ninterface GigabitEthernet1/0/1\n description Uplink to ams-core-1\n switchport mode trunk\n!\nend\n"
        }
        "capture_transcript" | "collection_transcript" => {
            "ams-sw-01#\n<<< terminal length 0\nterminal length 0\nams-sw-01#\n<<< show version\nshow version\nCisco IOS XE Software, Version 17.09.04a\n"
        }
        "capture_diff_patch" | "config_change_patch" => {
            "--- ams-sw-01/configs 2026-01-30T06:30:00Z\n+++ ams-sw-01/configs 2026-01-31T06:30:00Z\n@@ -12,2 +12,3 @@\n interface GigabitEthernet1/0/7\n+ description Printer, 2nd floor\n  switchport access vlan 20\n"
        }
        "collection_results_csv" => {
            "device_name,ip_address,platform,site,status,failure_kind,message,attempt,duration_ms,capture_type,verdict,bytes,lines\nams-sw-01,192.0.2.10,cisco_ios,ams,succeeded,,1 capture,1,2140,configs,complete,14120,430\n"
        }
        "device_export_view" => DEVICES,
        "arp_entry_csv" => {
            "device_name,vrf,address,mac,interface,interface_raw,port,vlan,state,age_seconds,first_seen_at,last_seen_at,closed_at\nams-sw-01,,192.0.2.20,00:1b:54:aa:bb:cc,Vlan20,Vl20,,20,,240,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "mac_entry_csv" => {
            "device_name,domain,vlan,mac,interface,interface_raw,kind,age_seconds,first_seen_at,last_seen_at,closed_at\nams-sw-01,,20,00:1b:54:aa:bb:cc,GigabitEthernet1/0/7,Gi1/0/7,dynamic,,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "neighbor_csv" => {
            "device_name,local_interface,local_interface_raw,neighbor_name,neighbor_interface,neighbor_port_id,neighbor_port_description,chassis_id,management_addresses,description,capabilities,vlan,age_seconds,first_seen_at,last_seen_at,closed_at\nams-sw-01,GigabitEthernet1/0/1,Gi1/0/1,ams-core-1,Ethernet1/1,Eth1/1,to ams-sw-01,00:1b:54:00:00:01,192.0.2.1,,bridge router,,,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "interface_csv" => {
            "device_name,name,name_raw,description,admin_up,link_up,link_status,protocol_status,mac,addresses,vrf,vlan,mtu,speed,speed_bps,duplex,kind,media,zone,counters,first_seen_at,last_seen_at,closed_at\nams-sw-01,Vlan20,Vlan20,Offices,true,true,up,up,00:1b:54:00:00:02,192.0.2.1/24,,20,1500,,,,,,,,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "route_csv" => {
            "device_name,vrf,prefix,protocol,protocol_raw,next_hop,next_hop_vrf,interface,interface_raw,active,distance,metric,tag,age_seconds,first_seen_at,last_seen_at,closed_at\nams-sw-01,,0.0.0.0/0,static,S*,192.0.2.1,,,,true,1,0,,,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "component_csv" => {
            "device_name,name,kind,slot,description,part_number,serial,hardware_version,software_version,vendor,mac,status,first_seen_at,last_seen_at,closed_at\nams-sw-01,Switch 1,chassis,1,Catalyst 9300,C9300-24T,FCW2233L0AB,V02,,,,,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "device_version_csv" => {
            "device_name,hostname,vendor,model,models,os,os_version,serial,serials,image,boot_version,mac,reload_reason,uptime_seconds,first_seen_at,last_seen_at,closed_at\nams-sw-01,ams-sw-01,Cisco,C9300-24T,C9300-24T,IOS XE,17.09.04a,FCW2233L0AB,FCW2233L0AB,flash:packages.conf,,,reload,864000,2026-01-30T06:30:00+00:00,2026-01-31T06:30:00+00:00,\n"
        }
        "topology_graphml" => {
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n  <key id=\"name\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>\n  <graph id=\"topology\" edgedefault=\"undirected\">\n    <node id=\"n1\">\n      <data key=\"name\">ams-sw-01</data>\n    </node>\n  </graph>\n</graphml>\n"
        }
        "topology_drawio" => {
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mxfile host=\"showrun\">\n  <diagram name=\"Topology\">\n    <mxGraphModel>\n      <root>\n        <mxCell id=\"0\"/>\n      </root>\n    </mxGraphModel>\n  </diagram>\n</mxfile>\n"
        }
        _ => return None,
    })
}

/// What an operation is asked with.
pub(crate) fn request(operation: &str) -> Option<&'static str> {
    (operation == "device_import_create").then_some(DEVICES)
}

/// A file that the import reads and the export writes.
const DEVICES: &str = "name,host,port,platform,site,role,vendor,model,credential,tags,enabled,os_version,serial,legacy_algorithms\nams-sw-01,192.0.2.10,22,cisco_ios,ams,access,Cisco,C9300-24T,,prod;floor-2,true,17.09.04a,FCW2233L0AB,false\n";
